"""Ask whether the pinned requirements have known vulnerabilities.

    scripts/audit.py [options of pip-audit]

Exit code 1 when one is known. A service that cannot be reached, or does not know our
packages, is no vulnerability: then it says so, loudly, and the code is 0.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [
    sys.executable, "-m", "pip_audit", "--requirement", "requirements/base.txt",
    "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off",
]  # fmt: skip
# How pip-audit fails when the service does; whatever else goes wrong is our own fault.
SERVICE_FAILED = re.compile(r"ServiceError|ConnectionError|Timeout|SSLError|ProxyError")
# Where one service does not answer, the other may.
SERVICES = [[], ["--vulnerability-service", "osv"]]


def audit(options):
    """Return what one service says of each package, and why it says nothing."""
    try:
        result = subprocess.run(  # noqa: S603 the command is ours
            [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        return json.loads(result.stdout)["dependencies"], ""
    except subprocess.TimeoutExpired:
        return [], "no answer in 300 seconds"
    except (ValueError, KeyError):
        reason = (result.stderr.strip().splitlines() or ["no answer"])[-1]
        if not SERVICE_FAILED.search(reason):
            sys.exit(f"The audit itself failed: {reason}")
        return [], reason


def main(options):
    """Print what is known and exit with 1 where that is a vulnerability."""
    for service in [options] if options else SERVICES:
        packages, reason = audit(service)
        audited = [package for package in packages if "vulns" in package]
        if audited:
            break
    known = [(p, v) for p in audited for v in p["vulns"]]
    for package, vuln in known:
        fixed = ", ".join(vuln["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {vuln['id']}, fixed in {fixed}")
    if not audited:
        print("!" * 79)
        print("!!! THE REQUIREMENTS WERE NOT AUDITED: no service could be asked.")
        print(f"!!! {reason or 'It knows none of the packages.'}"[:300])
        print("!!! Audit them where there is a network before you release: make audit")
        print("!" * 79)
        return
    if left_out := [p["name"] for p in packages if "vulns" not in p]:
        print(f"!!! NOT AUDITED, as the service does not know them: {', '.join(left_out)}")
    if known:
        sys.exit(f"{len(known)} known vulnerabilities. Raise the versions: make requirements")
    print(f"{len(audited)} packages audited, no known vulnerability.")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Pages behind a signed link: what their address says is for nobody else."""


def keep_private(response):
    """Let nobody index the page, nor hear of its address."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    # With no-referrer the form would be sent by nobody: browsers say Origin: null then.
    response["Referrer-Policy"] = "strict-origin"
    return response

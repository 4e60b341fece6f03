"""What a phone does to a page: the targets under the tip of a finger, its width, its zoom."""

from playwright.sync_api import expect

WIDTH, HEIGHT = 360, 740  # the smallest screen that is looked at
FINGER = 44  # pixels, the target size of the house
# Links in running text, which WCAG 2.5.8 exempts: lines stand too close for larger ones.
IN_TEXT = (
    ".entry__text a",  # addresses in what somebody wrote
    "p.prose a, li.prose a",  # the information on privacy
)

MEASURE = """([finger, inText]) => {
    const TARGETS = `a[href], button:enabled, input:not([type=hidden]):enabled, select:enabled,
        textarea:enabled, summary, [role=button], [role=tab], [role=option]`;
    /* What is behind an open dialog or menu is no target. */
    const open = document.querySelector("dialog:modal, details.menu[open] > .menu__body");
    const isSeen = (e) => {
        const isHidden = getComputedStyle(e).clipPath.startsWith("inset");
        return !isHidden && e.checkVisibility({ visibilityProperty: true });
    };
    const missed = [];
    for (const control of (open ?? document).querySelectorAll(TARGETS)) {
        const labels = [...(control.labels ?? [])].filter(isSeen);
        if (!isSeen(control) || control.matches(inText)) continue;
        const boxes = [control, ...labels];
        /* Hit tests round to whole pixels. */
        const reach = finger / 2 - 1;
        /* One of them is enough: the control, or the label that presses it. */
        const isLarge = boxes.some((one) => {
            one.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
            const box = one.getClientRects()[0];
            if (!box) return false;
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            return [[-reach, 0], [reach, 0], [0, -reach], [0, reach]].every(([dx, dy]) => {
                const hit = document.elementFromPoint(x + dx, y + dy);
                return hit && boxes.some((box) => box.contains(hit));
            });
        });
        if (isLarge) continue;
        const box = control.getBoundingClientRect();
        const text = control.outerHTML.replace(/\\s+/g, " ").slice(0, 110);
        missed.push(`${Math.round(box.width)}×${Math.round(box.height)} ${text}`);
    }
    scrollTo(0, 0);
    return missed;
}"""


def too_small(page):
    """Return the visible targets on which the tip of a finger, put on their middle, slips off.

    Measured by what really lies under the finger: what is covered is too small, too, and
    a pseudo-element or a label makes a target as large as it is.
    """
    return page.evaluate(MEASURE, [FINGER, ", ".join(IN_TEXT)])


def fits(page, width=WIDTH):
    """Assert that nothing makes the page wider than the screen."""
    expect(page.get_by_role("heading").first).to_be_visible()
    widest = page.evaluate(
        """(width) => {
            /* What a box around it cuts with an ellipsis or scrolls is within reach. */
            const isWithin = (e) => {
                while ((e = e.parentElement)) {
                    if (getComputedStyle(e).overflowX !== "visible") return true;
                }
                return false;
            };
            const shown = [...document.querySelectorAll("main *")].filter(
                (e) => e.checkVisibility(),
            );
            const beyond = shown.filter(
                (e) => e.getBoundingClientRect().right > width + 1 && !isWithin(e),
            );
            const told = beyond.map((e) => e.outerHTML.slice(0, 120));
            return [document.documentElement.scrollWidth, ...told];
        }""",
        width,
    )
    assert widest == [width], (page.url, widest)


ZOOMED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
    .filter((e) => e.checkVisibility() && !["checkbox", "radio", "file"].includes(e.type))
    .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 16)
    .map((e) => e.outerHTML.slice(0, 110))"""


def is_for_fingers(page):
    """Assert that nothing is cut off, too small, or zoomed into when it is tapped on.

    iOS zooms into what has letters of less than 16 pixels, and stays there.
    """
    fits(page)
    # Last of all: it scrolls to each target.
    missed = page.evaluate(ZOOMED) + too_small(page)
    assert missed == [], (page.url, missed)

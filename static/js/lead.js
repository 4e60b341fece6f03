/* What only the page of a lead needs, so that lists do not wait for it. */
import "./elements/draft-keeper.js";
import "./elements/drop-zone.js";
import "./elements/lead-bar.js";
import "./elements/print-page.js";
import "./elements/quick-keys.js";
import "./elements/scroll-to-current.js";
import "./elements/watch-lead.js";
import "./lib/deleted-lines.js";
import "./lib/kept-place.js";
import "./lib/next-portions.js";
import "./lib/tab-keys.js";

/* What only the page of the settings needs, so that lists do not wait for it. */
import "./elements/copy-field.js";

/* What the dialogs about keys need, loaded when the first of them opens. */
import "./elements/search-palette.js";
import "./elements/shortcut-list.js";

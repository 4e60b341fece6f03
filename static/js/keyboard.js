/* What the dialogs about keys need, loaded when the first of them opens. */
import "./elements/shortcut-list.js";

/* What only a mouse, a finger or a key needs, so that a page does not wait for it. */
import "./elements/cell-editor.js";
import "./elements/modal-dialog.js";

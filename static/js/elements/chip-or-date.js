/* Keeps one answer to "when?": a suggested day, or the one that is typed. */
class ChipOrDate extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", (event) => {
      const { type, value } = event.target;
      if (type === "radio" && value) {
        this.inputs.forEach((input) => (input.value = ""));
      } else if (type === "date" || type === "time") {
        const other = this.querySelector('input[type="radio"][value=""]');
        if (other) other.checked = true;
      }
    });
  }

  get inputs() {
    return this.querySelectorAll('input[type="date"], input[type="time"]');
  }
}

customElements.define("chip-or-date", ChipOrDate);

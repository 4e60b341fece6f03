/* Goes to the tab that is shown already without asking for it again: something may be
   typed or uploaded in it. */
class LeadBar extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.stay(event), { capture: true });
  }

  stay(event) {
    const { tab } = event.target.closest("a")?.dataset ?? {};
    if (document.getElementById(tab)?.ariaSelected !== "true") return;
    event.preventDefault();
    event.stopPropagation();
    document.getElementById("panel").scrollIntoView();
  }
}

customElements.define("lead-bar", LeadBar);

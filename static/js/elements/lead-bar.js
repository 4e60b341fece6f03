/* Opens the camera at once: its pictures go into the attachments, whose tab is asked for
   then, and so do files that are dropped on another tab. They wait here until it has come,
   also when that takes several attempts.

   Goes to the tab that is shown already without asking for it again: something may be
   typed or uploaded in it. */
const warn = (event) => event.preventDefault();

class LeadBar extends HTMLElement {
  connectedCallback() {
    this.files = [];
    this.camera = this.querySelector("input");
    this.camera.addEventListener("change", () => {
      this.take(this.camera.files, this.querySelector("[data-tab=tab-anhaenge]"));
      this.camera.value = "";
    });
    this.addEventListener("click", (event) => this.onClick(event), { capture: true });
    this.handOver = () => this.deliver(document.querySelector("drop-zone"));
    document.addEventListener("htmx:load", this.handOver);
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:load", this.handOver);
    removeEventListener("beforeunload", warn);
  }

  onClick(event) {
    const { tab, camera } = event.target.closest("a")?.dataset ?? {};
    const isShown = tab && document.getElementById(tab).ariaSelected === "true";
    if (!isShown && camera === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (isShown) document.getElementById("panel").scrollIntoView();
    else this.camera.click();
  }

  /* `opener` is the link that shows their tab. */
  take(files, opener) {
    this.files.push(...files);
    addEventListener("beforeunload", warn);
    opener.click();
    this.handOver();
  }

  deliver(zone) {
    if (!zone || !this.files.length) return;
    zone.add(this.files.splice(0));
    removeEventListener("beforeunload", warn);
  }
}

customElements.define("lead-bar", LeadBar);

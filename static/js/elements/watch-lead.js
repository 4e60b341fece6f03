/* Shows within seconds what others change in the lead that is open.

   Asks with the state that the page shows: as long as there is no other, the answer is an
   empty one. Asks more seldom while nothing happens, and not at all while nobody looks.
   What is being edited is left alone and marked. */
import { show } from "../lib/failures.js";
import { renew } from "../lib/renewing.js";

const SOONEST = 3000;
const LATEST = 10_000;
const AFTER_FAILURE = 60_000;
const OVER = { 401: "signed-out", 403: "signed-out", 404: "gone" };

class WatchLead extends HTMLElement {
  connectedCallback() {
    this.stamp = this.dataset.stamp;
    this.wait = SOONEST;
    /* What was answered before a change of our own would take that back, and what knows of
       it before its own answer comes would show it twice. */
    this.pending = 0;
    this.answered = 0;
    this.handlers = {
      visibilitychange: () => this.onVisible(),
      "htmx:beforeSend": ({ detail }) => this.await(detail.xhr),
      keydown: () => this.hurry(),
      pointerdown: () => this.hurry(),
    };
    for (const [name, handler] of Object.entries(this.handlers)) {
      document.addEventListener(name, handler);
    }
    this.back = () => this.hurry();
    addEventListener("online", this.back);
    this.plan(this.wait);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    removeEventListener("online", this.back);
    this.isOver = true;
    for (const [name, handler] of Object.entries(this.handlers)) {
      document.removeEventListener(name, handler);
    }
  }

  await(request) {
    this.pending++;
    request.addEventListener("loadend", () => {
      this.pending--;
      this.answered++;
    });
  }

  onVisible() {
    clearTimeout(this.timer);
    if (!document.hidden) this.look();
  }

  /* Who works here is shown sooner what others do. */
  hurry() {
    if (this.wait === SOONEST) return;
    this.wait = SOONEST;
    this.plan(this.wait);
  }

  plan(wait) {
    clearTimeout(this.timer);
    if (this.isOver || document.hidden) return;
    /* Not all at once, after a server was away. */
    this.timer = setTimeout(() => this.look(), wait * (0.9 + Math.random() * 0.2));
  }

  async look() {
    if (this.isLooking || this.isOver) return;
    this.isLooking = true;
    const { answered } = this;
    try {
      const answer = await fetch(this.dataset.address, {
        cache: "no-store",
        headers: {
          "If-None-Match": this.stamp,
          "HX-Request": "true",
          "HX-Current-URL": location.href,
        },
      });
      const text = await answer.text();
      const isOvertaken = this.pending || answered !== this.answered;
      if (isOvertaken && answer.status === 200) this.plan(SOONEST / 3);
      else this.hear(answer, text);
    } catch {
      this.wait = AFTER_FAILURE;
      this.plan(this.wait);
    } finally {
      this.isLooking = false;
    }
  }

  hear(answer, text) {
    if (answer.status in OVER) {
      this.isOver = true;
      show(this.copyOf(OVER[answer.status]));
    } else if (answer.status === 200) {
      const { body: fresh, title } = new DOMParser().parseFromString(text, "text/html");
      this.wait = SOONEST;
      /* What had to wait, because a menu of it was open, is asked for again. */
      if (renew(fresh, (what) => this.copyOf(what))) this.stamp = answer.headers.get("ETag");
      document.title = title;
      for (const told of fresh.querySelectorAll("[data-told]")) show(told);
    } else if (answer.status === 304) {
      this.wait = Math.min(this.wait * 1.2, LATEST);
    } else {
      this.wait = AFTER_FAILURE;
    }
    this.plan(this.wait);
  }

  copyOf(when) {
    const template = this.querySelector(`template[data-when="${when}"]`);
    return template.content.firstElementChild.cloneNode(true);
  }
}

customElements.define("watch-lead", WatchLead);

/* Takes files by drop, picker and paste into one queue and uploads them one by one.

   Each file has its row with progress and cancel; a failure stays at its row while the
   others go on, also while another tab of the lead is looked at. What was interrupted can be
   sent again from there: a photo may not be anywhere else. Without JavaScript the form
   inside does the same with one button. */
import { fileSize, send, sendDirectly } from "../lib/uploader.js";

const WITH_ROW = [200, 413, 422, 429, 507]; // answers that bring the row of the file
const warn = (event) => event.preventDefault();
/* The zones that send something: also those whose tab has gone. */
let working = 0;
/* The zone that another tab took the place of. */
let former;

class DropZone extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.inputs = this.querySelectorAll("input[type=file]");
    this.list = document.getElementById("files");
    this.queue = [];
    this.depth = 0;
    this.dataset.ready = "";
    for (const input of this.inputs) {
      input.addEventListener("change", () => {
        this.add(input.files);
        input.value = "";
      });
    }
    this.handlers = {
      click: ({ target }) => target.closest("#files [data-dismiss]")?.closest("li").remove(),
      "htmx:load": () => this.moveRows(),
      dragenter: (event) => this.over(event, 1),
      dragleave: (event) => this.over(event, -1),
      dragover: (event) => this.hasFiles(event) && event.preventDefault(),
      drop: (event) => this.drop(event),
      paste: (event) => this.paste(event),
    };
    /* A file that misses the field must not replace the page. */
    for (const [name, handler] of Object.entries(this.handlers)) {
      document.addEventListener(name, handler);
    }
    /* Shown anew, the tab comes before the one that it replaces has gone. */
    const zones = [...document.querySelectorAll("drop-zone")];
    const before = zones.find((zone) => zone !== this) ?? former;
    if (before?.form.action === this.form.action) this.list.prepend(...before.openRows());
  }

  disconnectedCallback() {
    for (const [name, handler] of Object.entries(this.handlers)) {
      document.removeEventListener(name, handler);
    }
    former = this;
  }

  /* What was undone brings the list anew. */
  moveRows() {
    const list = document.getElementById("files");
    if (list !== this.list) list.prepend(...this.openRows());
    this.list = list;
  }

  /* The rows that the server does not know: uploads under way, and failed ones. */
  openRows() {
    return this.list.querySelectorAll(".file--failed, .file:has([data-cancel-upload])");
  }

  hasFiles(event) {
    return event.dataTransfer?.types.includes("Files");
  }

  over(event, step) {
    if (!this.hasFiles(event)) return;
    event.preventDefault();
    this.depth = Math.max(0, this.depth + step);
    this.toggleAttribute("data-over", this.depth > 0);
  }

  drop(event) {
    if (!this.hasFiles(event)) return;
    event.preventDefault();
    this.depth = 0;
    this.removeAttribute("data-over");
    this.add(event.dataTransfer.files);
  }

  paste(event) {
    if (!event.clipboardData?.files.length || event.target.closest("input, textarea")) return;
    event.preventDefault();
    this.add(event.clipboardData.files);
  }

  add(files) {
    for (const file of files) {
      const item = { file, row: this.addRow(file) };
      /* A folder looks like a file without bytes. */
      if (file.size === 0) this.fail(item, this.dataset.empty);
      else if (file.size > Number(this.dataset.limit)) this.fail(item, this.dataset.tooLarge);
      else this.queue.push(item);
    }
    this.work();
  }

  addRow(file) {
    const template = this.querySelector("template");
    const row = template.content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-ending]").textContent = file.name.split(".").pop().slice(0, 4);
    row.querySelector("[data-meta]").textContent = this.dataset.waiting;
    this.list.prepend(row);
    row.querySelector("[data-cancel-upload]").addEventListener("click", () => this.cancel(row));
    return row;
  }

  cancel(row) {
    const item = this.queue.find((one) => one.row === row);
    row.remove();
    if (!item) return;
    if (item.cancel) item.cancel();
    else this.queue.splice(this.queue.indexOf(item), 1);
  }

  async work() {
    if (this.isWorking) return;
    this.isWorking = true;
    if (!working++) addEventListener("beforeunload", warn);
    while (this.queue.length) {
      await this.upload(this.queue[0]);
      this.queue.shift();
    }
    if (!--working) removeEventListener("beforeunload", warn);
    this.isWorking = false;
  }

  async upload(item) {
    const onProgress = (done, total) => this.showProgress(item, done, total);
    const { promise, cancel } = this.goesToTheBucket(item.file)
      ? sendDirectly(this.form, item.file, this.dataset.direct, onProgress)
      : send(this.form, item.file, onProgress);
    item.cancel = cancel;
    try {
      const { status, html, redirect } = await promise;
      if (redirect) this.leave(redirect);
      else if (WITH_ROW.includes(status)) this.replace(item.row, html);
      else this.interrupted(item);
    } catch (reason) {
      if (reason === "interrupted") this.interrupted(item);
    }
  }

  /* Large files, where browsers reach the bucket; a form of S3 takes 5 GiB. */
  goesToTheBucket({ size }) {
    return size >= Number(this.dataset.directFrom) && size <= 5 * 2 ** 30;
  }

  /* The session has ended: nothing more can be sent. */
  leave(address) {
    this.queue.length = 0;
    removeEventListener("beforeunload", warn);
    location.assign(address);
  }

  replace(row, html) {
    /* The page may have been told of the file meanwhile, as of somebody else's. */
    const filed = new DOMParser().parseFromString(html, "text/html").querySelector(".file[id]");
    if (filed) document.getElementById(filed.id)?.remove();
    htmx.swap(row, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  }

  showProgress(item, done, total) {
    const language = document.documentElement.lang;
    const percent = new Intl.NumberFormat(language, { style: "percent" });
    item.row.querySelector("progress").value = done / total;
    item.row.querySelector("[data-meta]").textContent =
      done === total
        ? this.dataset.checking
        : this.dataset.progress
            .replace("{percent}", percent.format(done / total))
            .replace("{done}", fileSize(done, language))
            .replace("{total}", fileSize(total, language));
  }

  interrupted(item) {
    this.fail(item, this.dataset.failed);
    const again = item.row.querySelector("[data-send-again]");
    again.hidden = false;
    again.addEventListener("click", () => this.sendAgain(item));
  }

  sendAgain({ file, row: failed }) {
    const row = this.addRow(file);
    failed.replaceWith(row);
    row.querySelector("[data-cancel-upload]").focus();
    this.queue.push({ file, row });
    this.work();
  }

  fail(item, reason) {
    item.row.classList.add("file--failed");
    item.row.querySelector("progress").remove();
    const meta = item.row.querySelector("[data-meta]");
    meta.textContent = reason;
    meta.setAttribute("role", "alert");
    const button = item.row.querySelector("[data-cancel-upload]");
    button.removeAttribute("data-cancel-upload");
    button.setAttribute("data-dismiss", "");
    button.setAttribute("aria-label", this.dataset.remove);
  }
}

customElements.define("drop-zone", DropZone);

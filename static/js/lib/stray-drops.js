/* A file that is dropped where nothing takes it must not replace the page: on a lead's page
   it goes into the attachments, elsewhere the page says where it would. */
const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
const isTaken = ({ target }) =>
  document.querySelector("drop-zone") || target.closest("input[type=file]");

function tell() {
  const { content } = document.getElementById("stray-drop-toast");
  document.querySelector("[data-stray]")?.remove();
  document.getElementById("toasts").append(content.cloneNode(true));
}

/* Without an effect that it allows, the page would not hear of the drop. */
document.addEventListener("dragover", (event) => {
  if (hasFiles(event) && !isTaken(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event) || isTaken(event)) return;
  event.preventDefault();
  const bar = document.querySelector("lead-bar:defined");
  if (bar) bar.take(event.dataTransfer.files, document.getElementById("tab-anhaenge"));
  else tell();
});

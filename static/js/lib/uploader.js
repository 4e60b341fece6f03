/* Sends one file as one request, with progress and a way to cancel. */

/* Returns { promise, cancel }. The promise resolves to { status, html, redirect }, the last
   the address of the sign-in page when the session has ended; it rejects with "cancelled"
   or "interrupted". onProgress gets the bytes sent and the bytes in all. */
export function send(form, file, onProgress) {
  const request = new XMLHttpRequest();
  const promise = new Promise((resolve, reject) => {
    const data = new FormData(form);
    data.delete("dateien");
    data.append("dateien", file, file.name);
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Current-URL", location.href);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded, event.total);
    });
    request.addEventListener("load", () => {
      const redirect = request.getResponseHeader("HX-Redirect");
      resolve({ status: request.status, html: request.responseText, redirect });
    });
    request.addEventListener("error", () => reject("interrupted"));
    request.addEventListener("abort", () => reject("cancelled"));
    request.send(data);
  });
  return { promise, cancel: () => request.abort() };
}

/* Shows bytes as people read them: 8,1 MB (1 MB = 10^6 bytes). */
export function fileSize(bytes, language) {
  const [factor, unit] =
    bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : bytes >= 1e3 ? [1e3, "kB"] : [1, "B"];
  const amount = bytes / factor;
  const digits = amount < 10 && factor > 1 ? 1 : 0;
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  return `${format.format(amount)} ${unit}`;
}

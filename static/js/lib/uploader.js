/* Sends one file, with progress and a way to cancel: to the application, or to the bucket.

   Both ways return { promise, cancel }. The promise resolves to { status, html, redirect },
   the last the address of the sign-in page when the session has ended; it rejects with
   "cancelled" or "interrupted". onProgress gets the bytes sent and the bytes in all. */

const LATER = 3000; // milliseconds until the application is asked again
const AT_MOST = 200; // times

/* Sends the file as the whole body of one request: no form is put around it, whose border
   the application would have to look for. */
export function send(form, file, onProgress) {
  const headers = {
    ...partOf(location.href),
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    "Content-Type": "application/octet-stream",
    "Content-Disposition": `attachment; filename*=UTF-8''${headerText(file.name)}`,
  };
  return post(form.action, file, { headers, onProgress });
}

/* A name as RFC 8187 writes it; half a surrogate pair cannot be written at all. */
function headerText(name) {
  return encodeURIComponent(name.toWellFormed()).replace(/['()*!]/g, (sign) => "%" + sign.charCodeAt().toString(16));
}

/* Asks the application at `address` for a form of the bucket, sends the file there and lets
   the application file what has arrived; a refusal resolves like one of `send`. */
export function sendDirectly(form, file, address, onProgress) {
  const headers = partOf(location.href);
  let step = { cancel() {} };
  let isCancelled = false;
  const next = (...given) => {
    if (isCancelled) throw "cancelled";
    step = post(...given);
    return step.promise;
  };
  const token = () => {
    const data = new FormData(form);
    data.delete("dateien");
    return data;
  };
  const run = async () => {
    const announced = token();
    announced.append("name", file.name);
    announced.append("size", file.size);
    const answer = await next(address, announced, { headers });
    if (answer.status !== 200 || answer.redirect) return answer;
    const bucket = JSON.parse(answer.html);
    const data = new FormData();
    for (const [name, value] of Object.entries(bucket.fields)) data.append(name, value);
    data.append("file", file);
    const sent = await next(bucket.address, data, { onProgress });
    if (sent.status >= 300) throw "interrupted";
    return filed(() => next(bucket.arrived, token(), { headers }));
  };
  return {
    promise: run(),
    cancel() {
      isCancelled = true;
      step.cancel();
    },
  };
}

/* Asks until the application has looked at the whole file: a proxy may not wait so long. */
async function filed(ask) {
  for (let time = 1; ; time += 1) {
    const answer = await ask().catch((reason) => {
      if (reason === "cancelled" || time === AT_MOST) throw reason;
      return { status: 504 };
    });
    if (![202, 502, 504].includes(answer.status) || time === AT_MOST) return answer;
    await new Promise((resolve) => setTimeout(resolve, LATER));
  }
}

function partOf(page) {
  return { "HX-Request": "true", "HX-Current-URL": page };
}

function post(address, data, { headers = {}, onProgress }) {
  const request = new XMLHttpRequest();
  const promise = new Promise((resolve, reject) => {
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) {
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) onProgress(event.loaded, event.total);
      });
    }
    request.addEventListener("load", () => {
      /* The bucket has no such header, and a page may not ask it. */
      const redirect = "HX-Request" in headers && request.getResponseHeader("HX-Redirect");
      resolve({ status: request.status, html: request.responseText, redirect });
    });
    request.addEventListener("error", () => reject("interrupted"));
    request.addEventListener("abort", () => reject("cancelled"));
    request.send(data);
  });
  return { promise, cancel: () => request.abort() };
}

const UNITS = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]];

/* Shows bytes as people read them: 8,1 MB (1 MB = 10^6 bytes). */
export function fileSize(bytes, language) {
  /* What is rounded up to a thousand of a unit is one of the next. */
  const [factor, unit] = UNITS.find(([size]) => bytes >= size - size / 2000) ?? UNITS.at(-1);
  const amount = bytes / factor;
  const digits = amount < 9.95 && factor > 1 ? 1 : 0;
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  return `${format.format(amount)} ${unit}`;
}

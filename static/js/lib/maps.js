/* Opens an address in the phone's own maps app instead of on a map's page.

   Android asks by `geo:` which of its apps shall show it; iOS knows no such address and
   takes a link to Apple's maps for its app. The page's link stays for everybody else. */
const agent = navigator.userAgent;
/* An iPad calls itself a Mac. */
const isApple = /iPhone|iPad/.test(agent) || (/Mac/.test(agent) && navigator.maxTouchPoints > 1);
const own = isApple ? "https://maps.apple.com/?q=" : /Android/.test(agent) && "geo:0,0?q=";

if (own) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="https://www.openstreetmap.org/search?"]');
    if (!link) return;
    link.href = own + encodeURIComponent(new URL(link.href).searchParams.get("query"));
    link.removeAttribute("target");
  });
}

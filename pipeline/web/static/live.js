// Says so when the page no longer follows: figures that stand still look as if all were quiet.
"use strict";

document.addEventListener("htmx:afterRequest", (event) => {
  const stale = document.getElementById("stale");
  if (stale) {
    stale.hidden = event.detail.successful === true;
  }
});

// Follows the newest documents, and says so when the page no longer follows: figures that stand still look as if all
// were quiet. The server rings when there is something new; while it does not answer, or does not take another
// listener, the page asks every three seconds.
"use strict";

document.addEventListener("htmx:afterRequest", (event) => {
  const stale = document.getElementById("stale");
  if (stale) {
    stale.hidden = event.detail.successful === true;
  }
});

const ask = () => htmx.trigger(document.body, "arrived");
let asking = 0;
let bell = null;

function askAgainAndAgain(on) {
  clearInterval(asking);
  asking = on ? setInterval(ask, 3000) : 0;
}

function follow() {
  bell?.close();
  // A page that nobody sees does not listen: a browser opens only six lines to one server.
  askAgainAndAgain(!document.hidden);
  if (!document.hidden && window.EventSource) {
    bell = new EventSource("/events");
    bell.onmessage = () => {
      askAgainAndAgain(false);
      ask();
    };
    bell.onerror = () => askAgainAndAgain(true);
  }
}

if (document.querySelector("#newest[hx-get]")) {
  document.addEventListener("visibilitychange", follow);
  follow();
}

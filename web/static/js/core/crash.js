// A mistake of ours must not look like a quiet city: say it on the page, once.
import { t } from "./i18n.js";

export function tellOfCrashes() {
  addEventListener("error", (event) => tell(event.message));
  addEventListener("unhandledrejection", (event) => tell(event.reason?.message ?? String(event.reason)));
}

function tell(words) {
  if (document.querySelector(".crash")) return;
  const note = document.createElement("p");
  note.className = "crash";
  note.setAttribute("role", "alert");
  note.textContent = t("error.page", { words });
  document.body.prepend(note);
}

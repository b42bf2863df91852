/** The loader: finds its own script tag, puts the booking element on the page and fetches the widget. */
declare const __WIDGET__: string;

const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>("script[data-key][src*='/embed.js']:not([data-done])");

if (script) {
  script.dataset.done = "";
  const base = new URL(".", script.src).href.slice(0, -1);
  const { key, target, mode, open, locale, link } = script.dataset;

  const place = () => {
    const element = document.createElement("wrkbelt-booking");
    const attributes = { "public-key": key, "base-url": base, mode, open, locale, link };
    for (const [name, value] of Object.entries(attributes))
      if (value !== undefined) element.setAttribute(name, value);
    const inside = target && document.querySelector(target);
    if (inside) inside.append(element);
    else if (document.body.contains(script)) script.after(element);
    else document.body.append(element);
    // A click on the page's button that comes before the widget opens it when it comes.
    const buttons = `[data-wrkbelt-open=""],[data-wrkbelt-open="${key}"]`;
    document.addEventListener("click", ({ target }) => {
      if ((target as Element).closest(buttons)) element.setAttribute("open", "");
    });
  };

  if (key) {
    if (document.readyState === "loading" && (target || !document.body?.contains(script)))
      document.addEventListener("DOMContentLoaded", place);
    else place();
  }
  // A page is never troubled by a booking that cannot be fetched.
  import(/* @vite-ignore */ base + __WIDGET__).catch(() => {});
}

export {};

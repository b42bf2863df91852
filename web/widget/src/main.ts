import { BookingElement } from "./element";

const TAG = "wrkbelt-booking";

declare global {
  interface Window {
    wrkbelt?: { open(publicKey?: string): void; close(): void };
  }
}

const all = () => [...document.querySelectorAll<BookingElement>(TAG)];

if (!customElements.get(TAG)) {
  customElements.define(TAG, BookingElement);

  window.wrkbelt = {
    open: (publicKey) =>
      all()
        .find((element) => !publicKey || element.getAttribute("public-key") === publicKey)
        ?.open(),
    close: () => {
      for (const element of all()) element.close();
    },
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    for (const element of all()) {
      const opener = element.opensBy(event.target);
      if (!opener) continue;
      event.preventDefault();
      element.open(opener);
      return;
    }
  });
}

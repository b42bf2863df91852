import { render } from "preact";
import type { LaunchMode } from "./api";
import { PublicApi } from "./client";
import { Conversation, type Told } from "./conversation";
import { Memory } from "./memory";
import styles from "./styles/widget.css?inline";
import { PLAIN_BRAND, themeSheet } from "./theme";
import { Root } from "./ui/root";
import { sessionRequest } from "./visitor";

/** Where this module came from: `https://host/assets/widget-….js` → `https://host`. */
const HOME = new URL(/* @vite-ignore */ "..", import.meta.url).href.replace(/\/$/, "");
const MODES: string[] = ["inline", "modal", "floating"] satisfies LaunchMode[];
export const TRIGGER = "[data-wrkbelt-open]";

const sheets = new Map<string, CSSStyleSheet>();

/** `<wrkbelt-booking public-key="…">`: the booking, in its own shadow tree. */
export class BookingElement extends HTMLElement {
  #conversation: Conversation | null = null;
  #theme = new CSSStyleSheet();
  #open = false;
  #opener: HTMLElement | null = null;

  connectedCallback(): void {
    if (this.#conversation) return;
    const publicKey = this.getAttribute("public-key") ?? "";
    const api = new PublicApi(this.getAttribute("base-url") || HOME, publicKey);
    const conversation = new Conversation(api, new Memory(publicKey), {
      visit: () => sessionRequest(this.getAttribute("locale"), this.#link()),
      tell: (news) => this.#tell(news),
    });
    this.#conversation = conversation;
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheetOf(styles), this.#theme];
    this.#theme.replaceSync(themeSheet(PLAIN_BRAND));
    this.#start(conversation);
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected || !this.shadowRoot) return;
      render(null, this.shadowRoot);
      this.#conversation = null;
    });
  }

  open(opener = document.activeElement as HTMLElement | null): void {
    if (this.#mode() === "inline") {
      this.scrollIntoView({ block: "start" });
      this.shadowRoot?.querySelector("h2")?.focus({ preventScroll: true });
      return;
    }
    this.#opener = opener;
    this.#open = true;
    this.#draw();
    this.#conversation?.begin();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#draw();
    this.#opener?.focus();
    this.#emit("closed", {});
  }

  /** Whether a click on this element of the page is meant to open the booking. */
  opensBy(target: Element): HTMLElement | null {
    const named = target.closest<HTMLElement>(TRIGGER);
    if (named) {
      const key = named.dataset.wrkbeltOpen;
      return !key || key === this.getAttribute("public-key") ? named : null;
    }
    const selector = this.#conversation?.state.scheduler?.launch.trigger_selector;
    return selector ? matching(selector, (css) => target.closest<HTMLElement>(css)) : null;
  }

  async #start(conversation: Conversation): Promise<void> {
    this.#draw();
    const begun = this.#mode() === "inline" ? conversation.begin() : null;
    await conversation.loadScheduler();
    const { scheduler } = conversation.state;
    if (scheduler) this.#theme.replaceSync(themeSheet(scheduler.brand));
    this.#draw();
    const open = this.getAttribute("open");
    if (this.#mode() === "inline") await (begun ?? conversation.begin());
    else if (open === null ? scheduler?.launch.auto_open || this.#link() : open !== "false")
      this.open();
    this.#emit("ready", {});
  }

  /** The express link that the visitor followed: to a page of its own, or to the business's. */
  #link(): string | null {
    return (
      this.getAttribute("link") || new URLSearchParams(location.search).get("wrkbelt_link") || null
    );
  }

  #mode(): LaunchMode | null {
    const asked = this.getAttribute("mode");
    if (asked && MODES.includes(asked)) return asked as LaunchMode;
    return this.#conversation?.state.scheduler?.launch.mode ?? null;
  }

  #draw(): void {
    const conversation = this.#conversation;
    if (!conversation || !this.shadowRoot) return;
    const selector = conversation.state.scheduler?.launch.trigger_selector;
    const triggers =
      !!document.querySelector(TRIGGER) ||
      (!!selector && !!matching(selector, (css) => document.querySelector<HTMLElement>(css)));
    render(
      <Root
        conversation={conversation}
        mode={this.#mode()}
        locale={this.getAttribute("locale")}
        open={this.#open}
        triggers={triggers}
        onOpen={() => this.open()}
        onClose={() => this.close()}
        adopt={this.#adopt}
      />,
      this.shadowRoot,
    );
  }

  readonly #adopt = (css: string): void => {
    const shadow = this.shadowRoot;
    const sheet = sheetOf(css);
    if (shadow && !shadow.adoptedStyleSheets.includes(sheet))
      shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  };

  #tell(news: Told): void {
    const { name, ...detail } = news;
    this.#emit(name, detail);
  }

  #emit(name: string, detail: object): void {
    this.dispatchEvent(
      new CustomEvent(`wrkbelt:${name}`, { detail, bubbles: true, composed: true }),
    );
  }
}

/** Each style sheet is parsed once for all elements of a page. */
function sheetOf(css: string): CSSStyleSheet {
  let sheet = sheets.get(css);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    sheets.set(css, sheet);
  }
  return sheet;
}

/** A selector comes from a business's settings and may be none at all. */
function matching<T>(selector: string, find: (selector: string) => T | null): T | null {
  try {
    return find(selector);
  } catch {
    return null;
  }
}

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { phone } from "../format";
import { useWidget } from "./context";
import { Icon, type IconName } from "./icons";

/** The title of a screen; it takes the focus when the visitor has brought the screen up. */
export function Heading({ title, text }: { title: string; text?: string | null | undefined }) {
  const { engaged, mode } = useWidget();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const element = heading.current;
    if (!element || !engaged.current) return;
    element.focus({ preventScroll: true });
    const panel = element.closest(".panel");
    panel?.querySelector(".body")?.scrollTo(0, 0);
    if (mode === "inline" && panel && panel.getBoundingClientRect().top < 0)
      panel.scrollIntoView({ block: "start" });
  }, [engaged, mode]);
  return (
    <header class="heading">
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {text && <p class="lead">{text}</p>}
    </header>
  );
}

interface PrimaryProps {
  children: ComponentChildren;
  busy?: boolean;
  onClick?: () => void;
}

/** The one primary button of a screen; without a handler it submits its form. */
export function Primary({ children, busy = false, onClick }: PrimaryProps) {
  return (
    <button
      type={onClick ? "button" : "submit"}
      class="primary"
      aria-disabled={busy}
      onClick={onClick && (() => !busy && onClick())}
    >
      <span>{children}</span>
      {busy && <Spinner />}
    </button>
  );
}

export function Spinner() {
  return <span class="spinner" aria-hidden="true" />;
}

type Tone = "info" | "alert";

/** A sentence that the visitor must see; an alert is read out at once. */
export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === "alert" ? "alert" : "note"}>
      <Icon name={tone} />
      <div>{children}</div>
    </div>
  );
}

/** What the server has to say about this step as a whole. */
export function Said({ tone = "info" }: { tone?: Tone }) {
  const { state } = useWidget();
  const { notice, view } = state;
  return (
    <>
      {view?.message && <Notice tone={tone}>{view.message.text}</Notice>}
      {notice && <Notice tone="alert">{notice}</Notice>}
    </>
  );
}

export function CallLink({ number }: { number: string }) {
  const { t } = useWidget();
  return (
    <a class="secondary" href={`tel:${number}`}>
      <Icon name="phone" />
      <span>{t.call(phone(number))}</span>
    </a>
  );
}

interface PlainScreenProps {
  icon: IconName;
  title: string;
  text: string;
  children?: ComponentChildren;
}

/** A screen without a step: something went wrong, or there is nothing to go on with. */
export function PlainScreen({ icon, title, text, children }: PlainScreenProps) {
  return (
    <div class="plain">
      <span class="medallion">
        <Icon name={icon} />
      </span>
      <Heading title={title} text={text} />
      <div class="actions">{children}</div>
    </div>
  );
}

/** What comes, in grey; drawn only when the wait is long enough to notice. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  const { t } = useWidget();
  return (
    <div class="skeleton" role="status" aria-label={t.loading}>
      <span class="bone title" />
      <span class="bone line" />
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} class="bone card" />
      ))}
    </div>
  );
}

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useWidget } from "./context";

interface DialogProps {
  open: boolean;
  /** Closing asks once, when something was entered. */
  entered: boolean;
  label: string;
  place: string;
  onClosed(): void;
  children: (close: () => void) => ComponentChildren;
}

/** The native modal dialog: traps and returns the focus, lies above everything; the page behind stays still. */
export function Dialog({ open, entered, label, place, onClosed, children }: DialogProps) {
  const { t } = useWidget();
  const element = useRef<HTMLDialogElement>(null);
  const [asking, setAsking] = useState(false);

  useLayoutEffect(() => {
    const dialog = element.current;
    if (!dialog || !open) return;
    dialog.showModal();
    const release = holdPageStill();
    return () => {
      release();
      dialog.close();
    };
  }, [open]);

  const ask = () => {
    if (entered && !asking) setAsking(true);
    else leave();
  };
  const leave = () => {
    setAsking(false);
    onClosed();
  };

  return (
    <dialog
      ref={element}
      class={`dialog ${place}`}
      aria-label={label}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        ask();
      }}
      onClose={() => open && leave()}
      onMouseDown={(event) => event.target === element.current && ask()}
    >
      {open && children(ask)}
      {open && asking && (
        <div class="leave" role="alertdialog" aria-label={t.leaveTitle}>
          <h3>{t.leaveTitle}</h3>
          <p>{t.leaveText}</p>
          <div class="actions row-wise">
            <button type="button" class="secondary" onClick={leave}>
              {t.leave}
            </button>
            <button type="button" class="primary" ref={focus} onClick={() => setAsking(false)}>
              {t.keepGoing}
            </button>
          </div>
        </div>
      )}
    </dialog>
  );
}

function focus(element: HTMLElement | null): void {
  element?.focus();
}

/** Stops the page behind from scrolling, without a jump where its scroll bar was. */
function holdPageStill(): () => void {
  const { style, clientWidth } = document.documentElement;
  const before = { overflow: style.overflow, paddingInlineEnd: style.paddingInlineEnd };
  const bar = window.innerWidth - clientWidth;
  style.overflow = "hidden";
  if (bar > 0) style.paddingInlineEnd = `${bar}px`;
  return () => Object.assign(style, before);
}

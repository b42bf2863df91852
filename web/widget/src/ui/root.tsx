import { useRef } from "preact/hooks";
import type { LaunchMode } from "../api";
import { type Conversation, placeOf } from "../conversation";
import { direction } from "../format";
import { textsFor } from "../texts/first";
import { useConversation, type Widget, WidgetContext } from "./context";
import { Dialog } from "./dialog";
import { Icon } from "./icons";
import { Panel } from "./panel";

interface RootProps {
  conversation: Conversation;
  /** The mode that the page asks for; otherwise the scheduler's own. */
  mode: LaunchMode | null;
  locale: string | null;
  open: boolean;
  /** Whether the page has its own buttons that open the booking. */
  triggers: boolean;
  onOpen(): void;
  onClose(): void;
  adopt(css: string): void;
}

export function Root({
  conversation,
  open,
  triggers,
  onOpen,
  onClose,
  adopt,
  ...asked
}: RootProps) {
  const state = useConversation(conversation);
  const engaged = useRef(false);
  const { scheduler, view } = state;
  const mode = asked.mode ?? scheduler?.launch.mode;
  if (!mode) return null;
  const locale = view?.locale ?? asked.locale ?? scheduler?.launch.locale ?? "en-US";
  const t = textsFor(locale);
  if (mode !== "inline") engaged.current = open;
  const widget: Widget = { conversation, state, t, locale, mode, engaged, adopt };
  const attributes = { lang: locale, dir: direction(locale) };

  if (mode === "inline")
    return (
      <WidgetContext.Provider value={widget}>
        <div class="wb inline" {...attributes}>
          <Panel />
        </div>
      </WidgetContext.Provider>
    );

  if (!scheduler && !state.trouble) return null;
  const launch = scheduler?.launch;
  const edges = (launch?.position ?? "bottom_right").replace("top", "top-edge").replace("_", " ");
  const entered =
    view?.status === "active" && (view.can_go_back || !!conversation.memory.draft(placeOf(view)));
  return (
    <WidgetContext.Provider value={widget}>
      <div class={`wb ${mode}`} {...attributes}>
        {(mode === "floating" || !triggers) && (
          <button
            type="button"
            class={`primary launch ${mode === "floating" ? edges : ""}`}
            onClick={onOpen}
          >
            <Icon name="calendar" />
            <span>{launch?.cta ?? t.bookNow}</span>
          </button>
        )}
        <Dialog
          open={open}
          entered={entered}
          label={t.book(scheduler?.organization.name ?? "")}
          place={mode === "floating" ? edges : "centre"}
          onClosed={onClose}
        >
          {(close) => <Panel onClose={close} />}
        </Dialog>
      </div>
    </WidgetContext.Provider>
  );
}

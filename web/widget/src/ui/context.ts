import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { LaunchMode, Scheduler, View } from "../api";
import type { Conversation, State } from "../conversation";
import type { Texts } from "../texts/first";

/** What every part of the widget can reach. */
export interface Widget {
  conversation: Conversation;
  state: State;
  t: Texts;
  locale: string;
  mode: LaunchMode;
  /** Whether the visitor is at work in the widget: only then may a new step take the focus. */
  engaged: { current: boolean };
  /** Adds a style sheet to the widget's tree, once. */
  adopt(css: string): void;
}

export const WidgetContext = createContext<Widget | null>(null);

export function useWidget(): Widget {
  const widget = useContext(WidgetContext);
  if (!widget) throw new Error("outside of the widget");
  return widget;
}

/** The view and the scheduler, for the screens that are drawn only when both are there. */
export function useStep(): Widget & { view: View; scheduler: Scheduler } {
  const widget = useWidget();
  const { view, scheduler } = widget.state;
  if (!view || !scheduler) throw new Error("no step to draw");
  return { ...widget, view, scheduler };
}

export function useConversation(conversation: Conversation): State {
  const [state, setState] = useState(conversation.state);
  useEffect(() => {
    setState(conversation.state);
    return conversation.subscribe(() => setState(conversation.state));
  }, [conversation]);
  return state;
}

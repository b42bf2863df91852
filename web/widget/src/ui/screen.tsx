import { useEffect, useState } from "preact/hooks";
import { useStep, useWidget } from "./context";
import { Skeleton } from "./parts";
import { QuestionStep } from "./question-step";
import { ZipStep } from "./zip-step";

type Later = typeof import("./later");

/** What has come so far of the parts that are fetched when they are needed. */
const parts = new Map<unknown, unknown>();
export const fetchLater = () => import("./later");

/** The later screens and what belongs to them, once they have come. */
export const laterScreens = () => parts.get(fetchLater) as Later | undefined;

/** A part of the widget with its styles; null until it has come. */
export function usePart<P extends { styles: string }>(fetchPart: () => Promise<P>): P | null {
  const { conversation, adopt } = useWidget();
  const [part, setPart] = useState((parts.get(fetchPart) as P) ?? null);
  useEffect(() => {
    conversation.attempt(async () => {
      const come = await fetchPart();
      parts.set(fetchPart, come);
      adopt(come.styles);
      setPart(come);
    });
  }, [conversation, adopt]);
  return part;
}

/** What the view asks to be drawn. */
export function Screen() {
  const { view } = useStep();
  // Fetched when the first screen stands.
  const screens = usePart(fetchLater);
  if (view.status === "active" && view.step.type === "zipcode") return <ZipStep />;
  if (view.status === "active" && view.step.type === "service_selection") return <QuestionStep />;
  return screens ? <LaterScreen screens={screens} /> : <Skeleton />;
}

function LaterScreen({ screens }: { screens: Later }) {
  const { view } = useStep();
  if (view.status === "completed") return <screens.Confirmation />;
  if (view.status !== "active") return <screens.Ended />;
  switch (view.step.type) {
    case "additional_details":
      return <screens.DetailsStep />;
    case "timeslot_selection":
      return <screens.TimeslotStep />;
    case "customer_info":
      return <screens.CustomerStep />;
    default:
      return <screens.SummaryStep />;
  }
}

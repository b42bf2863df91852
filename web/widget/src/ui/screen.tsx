import { useEffect, useState } from "preact/hooks";
import { useStep } from "./context";
import { Skeleton } from "./parts";
import { QuestionStep } from "./question-step";
import { ZipStep } from "./zip-step";

type Later = typeof import("./later");

let later: Later | null = null;

/** The later screens and what belongs to them, once they have come. */
export function laterScreens(): Later | null {
  return later;
}

/** What the view asks to be drawn. */
export function Screen() {
  const { view } = useStep();
  const screens = useLater();
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

/** The later screens, fetched when the first screen stands. */
function useLater(): Later | null {
  const { conversation, adopt } = useStep();
  const [screens, setScreens] = useState(later);
  useEffect(() => {
    conversation.attempt(async () => {
      later ??= await import("./later");
      adopt(later.laterStyles);
      setScreens(later);
    });
  }, [conversation, adopt]);
  return screens;
}

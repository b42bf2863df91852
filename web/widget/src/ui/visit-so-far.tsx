import { duration } from "../dates";
import { price } from "../money";
import { useLaterStep } from "./later-context";

/** Service, duration, price and time, as soon as they are known. */
export function VisitSoFar() {
  const { view, t, locale } = useLaterStep();
  const { service, timeslot } = view.selections;
  if (!service || view.status !== "active" || view.step.type === "summary") return null;
  const facts = [
    service.duration_minutes && duration(service.duration_minutes, locale),
    service.price && price(service.price, locale, t),
    view.step.type !== "timeslot_selection" && timeslot?.label,
  ].filter(Boolean);
  return (
    <p class="visit" role="note" aria-label={t.yourVisit}>
      <strong>{service.title}</strong>
      <span class="small">{facts.join(" · ")}</span>
    </p>
  );
}

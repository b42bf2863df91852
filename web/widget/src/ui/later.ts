/** The screens after the first ones; fetched while the visitor reads the first. */
export { Confirmation } from "./confirmation";
export { CustomerStep } from "./customer-step";
export { Ended } from "./dead-ends";
export { DetailsStep } from "./details-step";
export { OtherQuestion } from "./other-question";
export { Picture } from "./pictures";
export { SummaryStep } from "./summary-step";
export { TimeslotStep } from "./timeslot-step";
export { VisitSoFar } from "./visit-so-far";

import css from "../styles/later.css?inline";

export const styles = css;

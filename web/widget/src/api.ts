/** The public API as the widget sees it: short names for what openapi.json says. */
import type { components } from "../../api-client/src/schema";

type Schemas = components["schemas"];

/** All members that one of the types has. */
type Merged<U> = {
  [K in U extends unknown ? keyof U : never]?: U extends unknown
    ? K extends keyof U
      ? U[K]
      : never
    : never;
};

export type Scheme = Schemas["DarkMode"];
export type LaunchMode = Schemas["LaunchMode"];
export type BrandColors = Schemas["BrandColors"];
/** The server leaves out nothing that has a default. */
export type Brand = Schemas["BrandView"] & {
  typography: Required<Schemas["Typography"]>;
  shape: Required<Schemas["BrandShape"]>;
};
export type Scheduler = Schemas["SchedulerView"] & { brand: Brand };

export type Money = Schemas["Money"];
export type Price = Pick<Schemas["Price"], "kind" | "currency"> & Merged<Schemas["Price"]>;
export type Service = Schemas["ViewService"];
export type Address = Schemas["Address"];
export type Selections = Schemas["ViewSelections"];

export type DetailValue = string | number | boolean;

export type StepType = Schemas["StepType"];
/** Which members are present depends on the step's type. */
export type StepConfig = Merged<Exclude<Schemas["ViewStepConfig"], Record<string, never>>>;
/** Where there is a screen, there is a step. */
export type Step = Omit<Schemas["ViewStep"], "id" | "type" | "config"> & {
  id: string;
  type: StepType;
  config: StepConfig;
};

export type Rules = Schemas["ValueRules"];
export type Answer = Schemas["ViewAnswer"];
export type Question = Schemas["ViewQuestion"];
export type FieldKind = Schemas["FieldKind"];
/** One of the server's, or one of the widget's own, which needs less. */
export type Field = Pick<Schemas["ViewField"], "key" | "kind" | "label" | "required"> &
  Partial<Schemas["ViewField"]>;
export type Consent = Schemas["ViewConsent"];
export type View = Omit<Schemas["View"], "step"> & { step: Step };

export type Command = Schemas["Command"];
export type CustomerEntry = Omit<Extract<Command, { type: "submit_customer" }>, "type">;
export type CommandEnvelope = Schemas["CommandBody"];
export type CommandAnswer = Schemas["ExecutedView"] & { view: View };

export type Attribution = Schemas["AttributionBody"];
export type Device = Schemas["DeviceBody"];
export type SessionRequest = Schemas["StartBody"];
export type SessionOpened = Schemas["StartedView"] & { view: View };

export type Slot = Schemas["TimeslotsSlot"];
export type Day = Schemas["TimeslotsDay"];
export type Timeslots = Schemas["Timeslots"];

export type FieldError = Schemas["Problem2"];
/** Whatever stands between the server and the widget may answer with less. */
export type Problem = Pick<Schemas["Problem"], "status"> &
  Partial<Omit<Schemas["Problem"], "view">> & { view?: View | null };

/** The public API as the widget sees it: what the server says, and what may be said to it. */

export type Scheme = "auto" | "light" | "dark";
export type LaunchMode = "inline" | "modal" | "floating";
export type Position = "bottom_right" | "bottom_left" | "top_right" | "top_left";

export interface Organization {
  name: string;
  phone: string | null;
  locale: string;
  time_zone: string;
}

export interface BrandColors {
  primary: string | null;
  on_primary: string | null;
  surface: string | null;
  on_surface: string | null;
  accent: string | null;
  danger: string | null;
}

export interface Brand {
  colors: BrandColors;
  typography: { font_family: string | null; scale: number };
  shape: { radius: number; density: "compact" | "comfortable" | "spacious" };
  dark_mode: Scheme;
  logo_url: string | null;
}

export interface Launch {
  mode: LaunchMode;
  cta: string | null;
  position: Position;
  auto_open: boolean;
  trigger_selector: string | null;
  locale: string;
  locales: string[];
}

export interface Scheduler {
  public_key: string;
  status: string;
  title: string;
  organization: Organization;
  brand: Brand;
  launch: Launch;
}

export interface Money {
  amount_minor: number;
  currency: string;
}

export interface Price {
  kind: "fixed" | "range" | "from" | "quote" | "free";
  amount_minor?: number | null;
  max_amount_minor?: number | null;
  currency: string;
}

export interface Service {
  id: string;
  title: string;
  description?: string | null;
  duration_minutes?: number | null;
  price?: Price | null;
  dispatch_fee?: Money | null;
}

export interface ChosenTimeslot {
  start: string;
  end: string;
  time_zone: string;
  label: string;
  held_until?: string | null;
}

export interface Address {
  street: string;
  unit?: string | null;
  city: string;
  region: string;
  postal_code: string;
  country: string;
}

export interface Customer {
  first_name: string;
  last_name: string;
  email: string | null;
  phone: string | null;
  address: Address | null;
}

export interface GivenAnswer {
  node_id: string;
  question: string;
  answer_ids: string[];
  text: string;
}

export type DetailValue = string | number | boolean;

export interface Selections {
  zip?: string | null;
  zone?: { title: string } | null;
  answers?: GivenAnswer[];
  service?: Service | null;
  timeslot?: ChosenTimeslot | null;
  details?: Record<string, DetailValue> | null;
  customer?: Customer | null;
}

export type StepType =
  | "zipcode"
  | "service_selection"
  | "additional_details"
  | "timeslot_selection"
  | "customer_info"
  | "summary"
  | "confirmation";

export interface CallToBook {
  phone: string;
  when: "no_slots" | "emergency";
}

/** The public part of a step's configuration; which members are present depends on the step's type. */
export interface StepConfig {
  country?: string;
  mode?: "arrival_window" | "exact";
  offer_first_available?: boolean;
  call_to_book?: CallToBook | null;
  time_zone?: string;
  show_price?: boolean;
  show_dispatch_fee?: boolean;
  terms?: string | null;
  message?: string | null;
  redirect_url?: string | null;
  add_to_calendar?: boolean;
  show_reference?: boolean;
}

export interface Step {
  id: string;
  type: StepType;
  title: string;
  description: string | null;
  icon: string | null;
  config?: StepConfig | null;
}

export interface Rules {
  min?: number | null;
  max?: number | null;
  min_length?: number | null;
  max_length?: number | null;
  pattern?: string | null;
  unit?: string | null;
}

export interface Answer {
  id: string;
  title: string;
  description: string | null;
  icon: string | null;
  category: string | null;
}

export type QuestionKind = "single_choice" | "multi_choice" | "text" | "number" | "date" | "photo";

export interface Question {
  node_id: string;
  kind: QuestionKind;
  title: string;
  description?: string | null;
  required: boolean;
  rules: Rules | null;
  answers: Answer[];
}

export type FieldKind =
  | "text"
  | "textarea"
  | "number"
  | "select"
  | "checkbox"
  | "email"
  | "tel"
  | "postal_code";

export interface Field {
  key: string;
  kind: FieldKind;
  label: string;
  required: boolean;
  rules?: Rules | null;
  options?: { value: string; label: string }[] | null;
}

export interface Consent {
  key: string;
  text: string;
  required: boolean;
  url: string | null;
}

export interface Message {
  code: string;
  text: string;
}

export interface Booking {
  id: string;
  reference: string;
  status: string;
  timeslot: ChosenTimeslot | null;
}

export type SessionStatus = "active" | "completed" | "abandoned" | "expired" | "rejected";

export interface View {
  session_id: string;
  status: SessionStatus;
  sequence: number;
  locale: string;
  progress: { step: number; of: number };
  step: Step;
  question?: Question | null;
  fields?: Field[] | null;
  consents?: Consent[] | null;
  selections: Selections;
  message: Message | null;
  booking: Booking | null;
  can_go_back: boolean;
  allowed: string[];
}

export type Command =
  | { type: "submit_zip"; zip: string }
  | { type: "answer_question"; node_id: string; answer_ids: string[] }
  | { type: "answer_question"; node_id: string; value: string | number | null }
  | { type: "go_back"; to_step_id?: string; to_node_id?: string }
  | { type: "submit_details"; values: Record<string, DetailValue> }
  | { type: "view_timeslots"; from: string; to: string }
  | { type: "select_timeslot"; start: string }
  | { type: "release_timeslot" }
  | ({ type: "submit_customer" } & CustomerEntry)
  | { type: "confirm" }
  | { type: "resume" };

export interface CustomerEntry {
  first_name?: string;
  last_name?: string;
  email?: string;
  phone?: string;
  address?: Partial<Address>;
  consents: string[];
}

export interface CommandEnvelope {
  command_id: string;
  expected_sequence: number;
  command: Command;
}

export interface CommandAnswer {
  sequence: number;
  view: View;
  events: string[];
}

export interface Attribution {
  utm?: Record<string, string>;
  click_ids?: Record<string, string>;
  ga_client_id?: string;
}

export interface Device {
  kind: "mobile" | "tablet" | "desktop";
  os?: string;
  browser?: string;
}

export interface SessionRequest {
  page_url: string;
  referrer?: string;
  locale?: string;
  attribution?: Attribution;
  device?: Device;
}

export interface SessionOpened {
  session_id: string;
  session_token: string;
  sequence: number;
  view: View;
}

export interface Slot {
  start: string;
  end: string;
  label: string;
  seats_left?: number | null;
}

export interface Day {
  date: string;
  slots: Slot[];
}

export interface Timeslots {
  time_zone: string;
  days: Day[];
  next_available?: string | null;
}

export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** An RFC 9457 problem; a refusal about a session may bring the session's current view along. */
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  code?: string;
  errors?: FieldError[];
  sequence?: number;
  view?: View;
}

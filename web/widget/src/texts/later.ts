import { type Texts, textsFor } from "./first";

/** The words of the later screens; they travel with those screens. */
export interface LaterTexts {
  badEmail: string;
  badPhone: string;
  badNumber: string;
  tooSmall(least: string): string;
  tooLarge(most: string): string;
  tooShort(least: number): string;
  tooLong(most: number): string;
  mustChoose: string;
  mustAgree: string;
  /** What to say of a missing field that every business asks for. */
  requiredBy: Record<string, string>;

  change: string;
  changeWhat(what: string): string;
  yourVisit: string;
  newTab: string;
  choose: string;
  contact: string;
  address: string;
  skip: string;
  firstAvailable: string;
  days: string;
  timesOn(day: string): string;
  timesIn(zone: string): string;
  moreDays: string;
  noTimesOn: string;
  morning: string;
  afternoon: string;
  evening: string;
  seatsLeft(seats: number): string;
  noTimes: string;
  noTimesNext(day: string): string;
  noTimesAtAll: string;
  showDay(day: string): string;
  urgent: string;
  findingTimes: string;
  timeLost: string;
  timeHeld(time: string): string;
  what: string;
  when: string;
  where: string;
  who: string;
  answers: string;
  details: string;
  price: string;
  dispatchFee: string;
  from(price: string): string;
  quote: string;
  free: string;
  confirm: string;
  request: string;
  toBeAgreed: string;
  yes: string;
  booked: string;
  requested: string;
  reference: string;
  addToCalendar: string;
  calendarFile: string;
  googleCalendar: string;
  whatNext: string;
  bookAnother: string;
  toChange(business: string): string;
  ended: string;
  endedText: string;
  left: string;
  leftText: string;
  rejected: string;
  rejectedText: string;
  resume: string;
  startOver: string;
}

export const englishLater: LaterTexts = {
  badEmail: "Enter an address like name@example.com.",
  badPhone: "Enter a phone number with its area code.",
  badNumber: "Enter a number.",
  tooSmall: (least) => `Enter ${least} or more.`,
  tooLarge: (most) => `Enter ${most} or less.`,
  tooShort: (least) => `Write at least ${least} characters.`,
  tooLong: (most) => `Shorten this to ${most} characters.`,
  mustChoose: "Choose at least one.",
  mustAgree: "Tick this box to go on.",
  requiredBy: {
    first_name: "Enter your first name.",
    last_name: "Enter your last name.",
    email: "Enter your email address.",
    phone: "Enter your phone number.",
  },

  change: "Change",
  changeWhat: (what) => `Change: ${what}`,
  yourVisit: "Your visit",
  newTab: "opens in a new tab",
  choose: "Choose",
  contact: "Contact",
  address: "Address",
  skip: "Skip",
  firstAvailable: "First available",
  days: "Days",
  timesOn: (day) => `Times on ${day}`,
  timesIn: (zone) => `Times are in ${zone}.`,
  moreDays: "More days",
  noTimesOn: "full",
  morning: "Morning",
  afternoon: "Afternoon",
  evening: "Evening",
  seatsLeft: (seats) => (seats === 1 ? "1 left" : `${seats} left`),
  noTimes: "No free times in these days",
  noTimesNext: (day) => `The next free day is ${day}.`,
  noTimesAtAll: "All times so far are taken.",
  showDay: (day) => `Show ${day}`,
  urgent: "Is it urgent?",
  findingTimes: "Finding free times",
  timeLost: "That time is taken. Choose another.",
  timeHeld: (time) => `Held for you until ${time}.`,
  what: "Service",
  when: "When",
  where: "Where",
  who: "Contact",
  answers: "Your answers",
  details: "Details",
  price: "Price",
  dispatchFee: "Visit fee",
  from: (price) => `from ${price}`,
  quote: "Quoted for you",
  free: "Free",
  confirm: "Confirm booking",
  request: "Send request",
  toBeAgreed: "To be agreed",
  yes: "Yes",
  booked: "You are booked",
  requested: "Your request is in",
  reference: "Reference",
  addToCalendar: "Add to calendar",
  calendarFile: "Apple or Outlook",
  googleCalendar: "Google",
  whatNext: "What happens next",
  bookAnother: "Book another visit",
  toChange: (business) => `To change or cancel, call ${business}.`,
  ended: "This booking timed out",
  endedText: "Starting again takes about a minute.",
  left: "Pick up where you left off",
  leftText: "Your answers are still here.",
  rejected: "We cannot take this booking online",
  rejectedText: "Please call, and we will help you.",
  resume: "Continue",
  startOver: "Start over",
};

const catalogue: Record<string, LaterTexts> = { en: englishLater };

export function laterTextsFor(locale: string): Texts & LaterTexts {
  return { ...textsFor(locale), ...(catalogue[locale.slice(0, 2)] ?? englishLater) };
}

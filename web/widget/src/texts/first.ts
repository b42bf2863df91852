/** Every word that the widget itself says; what the business says comes with the view. */
export interface Texts {
  bookNow: string;
  book(business: string): string;
  loading: string;
  close: string;
  back: string;
  call(phone: string): string;
  stepOf(step: number, of: number): string;
  progress: string;
  continue: string;
  optional: string;
  chooseAll: string;
  required: string;
  requiredZip: string;
  badPostalCode: string;
  badFormat: string;
  notHere: string;
  offline: string;
  offlineText: string;
  unreachable: string;
  unreachableText: string;
  retry: string;
  paused: string;
  pausedText: string;
  leaveTitle: string;
  leaveText: string;
  keepGoing: string;
  leave: string;
}

export const english: Texts = {
  bookNow: "Book now",
  book: (business) => `Book with ${business}`,
  loading: "Loading",
  close: "Close",
  back: "Back",
  call: (phone) => `Call ${phone}`,
  stepOf: (step, of) => `Step ${step} of ${of}`,
  progress: "Progress",
  continue: "Continue",
  optional: "optional",
  chooseAll: "Choose all that apply",
  required: "Fill this in to go on.",
  requiredZip: "Enter your ZIP code.",
  badPostalCode: "Enter a 5-digit ZIP code, such as 30305.",
  badFormat: "Check how this is written.",
  notHere: "Outside our area",
  offline: "You are offline",
  offlineText: "Nothing you entered is lost. We will try again when you are back online.",
  unreachable: "We could not reach the server",
  unreachableText: "Nothing you entered is lost. Check your connection and try again.",
  retry: "Try again",
  paused: "Online booking is closed right now",
  pausedText: "Please check back later, or call us.",
  leaveTitle: "Leave your booking?",
  leaveText: "Your answers stay on this device, so you can go on later.",
  keepGoing: "Keep going",
  leave: "Leave",
};

const catalogue: Record<string, Texts> = { en: english };

/** The texts for a locale; English where there is no translation. */
export function textsFor(locale: string): Texts {
  return catalogue[locale.slice(0, 2)] ?? english;
}

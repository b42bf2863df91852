export interface Appointment {
  id: string;
  title: string;
  start: string;
  end: string;
  location: string;
  description: string;
}

/** An iCalendar file (RFC 5545) with this one appointment. */
export function icsFile(appointment: Appointment, now = new Date()): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Wrkbelt//Booking//EN",
    "METHOD:PUBLISH",
    "BEGIN:VEVENT",
    `UID:${appointment.id}@wrkbelt`,
    `DTSTAMP:${stamp(now.toISOString())}`,
    `DTSTART:${stamp(appointment.start)}`,
    `DTEND:${stamp(appointment.end)}`,
    `SUMMARY:${escaped(appointment.title)}`,
    ...(appointment.location ? [`LOCATION:${escaped(appointment.location)}`] : []),
    ...(appointment.description ? [`DESCRIPTION:${escaped(appointment.description)}`] : []),
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return `${lines.map(fold).join("\r\n")}\r\n`;
}

export function googleCalendarUrl(appointment: Appointment): string {
  const query = new URLSearchParams({
    action: "TEMPLATE",
    text: appointment.title,
    dates: `${stamp(appointment.start)}/${stamp(appointment.end)}`,
    details: appointment.description,
    location: appointment.location,
  });
  return `https://calendar.google.com/calendar/render?${query}`;
}

function stamp(moment: string): string {
  return new Date(moment).toISOString().replace(/[-:]|\.\d+/g, "");
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
}

/** Lines of at most 75 octets, never cut inside a character. */
function fold(line: string): string {
  let folded = "";
  let octets = 0;
  for (const char of line) {
    const size = new TextEncoder().encode(char).length;
    if (octets + size > 75) {
      folded += "\r\n ";
      octets = 1;
    }
    folded += char;
    octets += size;
  }
  return folded;
}

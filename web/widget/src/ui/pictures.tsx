import { Drawing } from "./icons";

/** Pictures for answers; the names are those that an answer may carry. */
const PICTURES = {
  snowflake: "M12 3v18M4 7.5l16 9M4 16.5l16-9M9.5 4.5L12 7l2.5-2.5M9.5 19.5L12 17l2.5 2.5",
  flame:
    "M12 21c-4 0-6.5-3-6.5-6C5.5 10 10 8 10 3c4 2 5 5 5 8 1 0 1.5-1 1.5-2 1 2 2 3.5 2 6 0 3-2.5 6-6.5 6z",
  droplet: "M12 3s6.5 7 6.5 11.5a6.5 6.5 0 0 1-13 0C5.5 10 12 3 12 3z",
  wrench: "M14 7a4 4 0 0 1 5-1l-2.5 2.5 2 2L21 8a4 4 0 0 1-6 5l-7 7a2 2 0 0 1-3-3l7-7",
  bolt: "M13 3L5 13.5h6L10.5 21 19 10.5h-6z",
  home: "M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z",
  scale: "M12 4v16M7 20h10M5 7h14M5 7l-3 6a3 3 0 0 0 6 0zM19 7l-3 6a3 3 0 0 0 6 0z",
  document: "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6",
  briefcase: "M3.5 8h17v11h-17zM9 8V5h6v3M3.5 13h17",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6M18 14a6.5 6.5 0 0 1 3.5 6",
  sparkles: "M11 4l2 5 5 2-5 2-2 5-2-5-5-2 5-2zM18.5 16v5M16 18.5h5",
  alarm: "M12 4L3 19.5h18zM12 10v4M12 17v.1",
  question:
    "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.5c-1 .5-1 1-1 2M12 16.5v.1",
} as const;

/** The picture that a business chose: a name from the list, an emoji, or the address of an image. */
export function Picture({ icon }: { icon: string }) {
  if (/^https:\/\//.test(icon)) return <img class="picture" src={icon} alt="" />;
  const asked = icon.toLowerCase();
  if (asked in PICTURES) return <Drawing path={PICTURES[asked as keyof typeof PICTURES]} />;
  return /^[\w -]+$/.test(icon) ? null : (
    <span class="picture" aria-hidden="true">
      {icon}
    </span>
  );
}

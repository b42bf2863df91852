/** The widget's own line icons, on a 24 px grid. */
const PATHS = {
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  phone:
    "M6.6 3.5h2.2l1.6 4.2-2 1.6a12 12 0 0 0 6.3 6.3l1.6-2 4.2 1.6v2.2c0 1.4-1.2 2.5-2.6 2.4A15.9 15.9 0 0 1 4.2 6.100C4.1 4.7 5.2 3.5 6.6 3.500z",
  calendar: "M4 6.500h16V20H4zM4 10.500h16M8 4v4M16 4v4",
  clock: "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.500V12l3 2",
  alert: "M12 4L3 19.500h18zM12 10v4M12 16.800v.2",
  info: "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8v.2",
  external: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return <Drawing path={PATHS[name]} />;
}

export function Drawing({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

import { useEffect, useState } from "preact/hooks";
import type { FilesProps } from "./files";
import { useLaterStep } from "./later-context";
import { Skeleton } from "./parts";

type Part = typeof import("./files");

let part: Part | null = null;

/** Where files can be added; what that needs is fetched only then. */
export function Uploads(props: FilesProps) {
  const { conversation, adopt } = useLaterStep();
  const [loaded, setLoaded] = useState(part);
  useEffect(() => {
    conversation.attempt(async () => {
      part ??= await import("./files");
      adopt(part.filesStyles);
      setLoaded(part);
    });
  }, []);
  return loaded ? <loaded.Files {...props} /> : <Skeleton rows={1} />;
}

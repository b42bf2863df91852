import type { FilesProps } from "./files";
import { Skeleton } from "./parts";
import { usePart } from "./screen";

const fetchFiles = () => import("./files");

/** Where files can be added; what that needs is fetched only then. */
export function Uploads(props: FilesProps) {
  const part = usePart(fetchFiles);
  return part ? <part.Files {...props} /> : <Skeleton rows={1} />;
}

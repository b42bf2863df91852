import { useEffect, useRef, useState } from "preact/hooks";
import { fileTextsFor } from "../texts/files";
import { type FileFault, faultOf, sendFile } from "../upload";
import { useStep } from "./context";

/** A file that is not there yet. */
export interface Pending {
  key: number;
  file: File;
  /** How much of it was sent, from 0 to 1. */
  part: number;
  /** Why it is not sent; `again` when that may change. */
  fault?: { text: string; again: boolean };
}

/** Files that this page has sent, by their ids: what they look like. */
export const pictures = new Map<string, File>();
let keys = 0;

/** The files where the visitor is: those that are there, and those on their way. */
export function useFiles() {
  const { conversation, view, locale } = useStep();
  const words = fileTextsFor(locale);
  const [pending, setPending] = useState<Pending[]>([]);
  const [told, setTold] = useState("");
  const queue = useRef(Promise.resolve());
  const limits = view.upload ?? { max_files: 0, max_bytes: 0, mime_types: [] };
  const node = view.question?.node_id ?? null;
  const here = view.selections.files.filter(
    (file) => file.step_id === view.step.id && (file.node_id ?? null) === node,
  );
  const megabytes = Math.max(1, Math.floor(limits.max_bytes / 1e6));

  const change = (key: number, what: Partial<Pending>) =>
    setPending((all) => all.map((it) => (it.key === key ? { ...it, ...what } : it)));
  const drop = (key: number) => setPending((all) => all.filter((it) => it.key !== key));

  const send = async ({ key, file }: Pending) => {
    const session = conversation.session;
    if (!session) return;
    const sent = await sendFile(conversation.api.base, session, file, (part) =>
      change(key, { part }),
    );
    if (sent === "unreachable") {
      change(key, { fault: { text: words.notSent, again: true } });
    } else if ("id" in sent) {
      pictures.set(sent.id, file);
      await conversation.send({ type: "attach_file", file_id: sent.id });
      drop(key);
      setTold(words.addedFile(file.name));
    } else {
      change(key, { fault: { text: sent.refused ?? words.wrongKind, again: false } });
    }
  };
  const enqueue = (file: Pending) => {
    queue.current = queue.current.then(() => send(file));
  };
  const again = (file: Pending) => {
    const fresh = { key: file.key, file: file.file, part: 0 };
    setPending((all) => all.map((it) => (it.key === file.key ? fresh : it)));
    enqueue(fresh);
  };

  useEffect(() => {
    const online = () => pending.filter((it) => it.fault?.again).forEach(again);
    window.addEventListener("online", online);
    return () => window.removeEventListener("online", online);
  }, [pending]);

  const faultText = (fault: FileFault) =>
    ({
      kind: words.wrongKind,
      size: words.fileTooLarge(megabytes),
      count: words.tooMany(limits.max_files),
    })[fault];

  const add = (input: HTMLInputElement) => {
    let there = here.length + pending.filter((it) => !it.fault || it.fault.again).length;
    const added = [...(input.files ?? [])].map((file): Pending => {
      const fault = faultOf(file, there, limits);
      if (!fault) there += 1;
      keys += 1;
      return {
        key: keys,
        file,
        part: 0,
        ...(fault && { fault: { text: faultText(fault), again: false } }),
      };
    });
    input.value = "";
    setPending((all) => [...all.filter((it) => !it.fault || it.fault.again), ...added]);
    for (const file of added) if (!file.fault) enqueue(file);
  };

  const remove = async (id: string, name: string) => {
    await conversation.send({ type: "remove_file", file_id: id });
    setTold(words.removedFile(name));
  };
  return { words, limits, megabytes, here, pending, told, add, again, drop, remove };
}

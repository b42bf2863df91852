/** The words of adding files; they travel with that part. */
export interface FileTexts {
  addPhotos: string;
  addFiles: string;
  takePhoto: string;
  upTo(count: number, megabytes: number): string;
  sendingFile(name: string): string;
  addedFile(name: string): string;
  removedFile(name: string): string;
  removeFile(name: string): string;
  resendFile(name: string): string;
  notSent: string;
  fileTooLarge(megabytes: number): string;
  wrongKind: string;
  tooMany(count: number): string;
  photoNeeded: string;
  waitForFiles: string;
  goOnWithout: string;
}

const english: FileTexts = {
  addPhotos: "Add photos",
  addFiles: "Add photos or files",
  takePhoto: "Take a photo",
  upTo: (count, megabytes) =>
    count === 1
      ? `One file, up to ${megabytes} MB.`
      : `Up to ${count} files, ${megabytes} MB each.`,
  sendingFile: (name) => `Sending ${name}`,
  addedFile: (name) => `${name} added`,
  removedFile: (name) => `${name} removed`,
  removeFile: (name) => `Remove ${name}`,
  resendFile: (name) => `Send ${name} again`,
  notSent: "Not sent. It is tried again when you are back online.",
  fileTooLarge: (megabytes) => `This file is too large. Choose one up to ${megabytes} MB.`,
  wrongKind: "This kind of file cannot be added. Choose a photo.",
  tooMany: (count) => `No more than ${count} can be added. Remove one first.`,
  photoNeeded: "Add a photo to go on.",
  waitForFiles: "Sending your files",
  goOnWithout: "Skip",
};

const catalogue: Record<string, FileTexts> = { en: english };

export function fileTextsFor(locale: string): FileTexts {
  return catalogue[locale.slice(0, 2)] ?? english;
}

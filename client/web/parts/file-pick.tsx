import { useRef } from 'preact/hooks';

export type FilePickProps = {
  label: string;
  accept?: string;
  multiple?: boolean;
  /** A whole folder, with its subfolders. */
  folder?: boolean;
  /** The camera, where there is one. */
  camera?: boolean;
  class?: string;
  disabled?: boolean;
  onFiles: (files: FileList) => void;
};

/** A button that opens the system's file dialog. The input itself cannot be styled, so it stays hidden. */
export function FilePick({
  label,
  accept,
  multiple,
  folder,
  camera,
  disabled = false,
  onFiles,
  ...rest
}: FilePickProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={rest.class ?? ''}
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        {...(accept ? { accept } : {})}
        {...(camera ? { capture: 'environment' } : {})}
        multiple={multiple || folder || false}
        {...(folder ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          if (currentTarget.files?.length) onFiles(currentTarget.files);
          // So that the same file can be chosen again.
          currentTarget.value = '';
        }}
      />
    </>
  );
}

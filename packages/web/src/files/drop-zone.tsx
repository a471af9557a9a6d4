import {
  type ClipboardEvent,
  type DragEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import classes from './folder-page.module.css';
import { isFromDesktop } from './use-row-drag.ts';

interface DropZoneProps {
  readonly enabled: boolean;
  readonly name: string;
  readonly children: ReactNode;
  onDrop(transfer: DataTransfer): void;
  onPaste(files: readonly File[]): void;
}

/** Takes what is dropped from the desktop or pasted, anywhere in the view. */
export function DropZone({ enabled, name, children, onDrop, onPaste }: DropZoneProps) {
  const depth = useRef(0);
  const [isOver, setOver] = useState(false);
  usePaste(enabled ? onPaste : undefined);
  const enter = (event: DragEvent, by: number) => {
    if (!enabled || !isFromDesktop(event.dataTransfer)) return;
    // Children enter and leave as well; only the balance tells.
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pickers do the same for keyboards
    <div
      className={classes.page}
      onDragEnter={(event) => enter(event, 1)}
      onDragLeave={(event) => enter(event, -1)}
      onDragOver={(event) => {
        if (enabled && isFromDesktop(event.dataTransfer)) event.preventDefault();
      }}
      onDropCapture={() => {
        depth.current = 0;
        setOver(false);
      }}
      onDrop={(event) => {
        if (!enabled || !isFromDesktop(event.dataTransfer)) return;
        event.preventDefault();
        onDrop(event.dataTransfer);
      }}
    >
      {children}
      {isOver && <div className={classes.drop}>Drop to upload to {name}</div>}
    </div>
  );
}

function usePaste(onPaste: ((files: readonly File[]) => void) | undefined): void {
  const latest = useRef(onPaste);
  latest.current = onPaste;
  useEffect(() => {
    const listen = (event: globalThis.ClipboardEvent | ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0 || latest.current === undefined) return;
      event.preventDefault();
      latest.current(files);
    };
    document.addEventListener('paste', listen);
    return () => document.removeEventListener('paste', listen);
  }, []);
}

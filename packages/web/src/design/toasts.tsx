import { Button, CloseButton } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import classes from './toasts.module.css';

export interface Toast {
  readonly text: string;
  readonly kind?: 'plain' | 'error';
  /** Undo, say. */
  readonly action?: { readonly label: string; run(): void };
}

interface ShownToast extends Toast {
  readonly id: number;
}

/** Long enough to read a sentence and reach a button. */
const SHOWN_MS = 8_000;
const AT_ONCE = 3;

const ToastContext = createContext<(toast: Toast) => void>(() => {});

/** Says something in passing. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext);
}

let lastId = 0;

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly ShownToast[]>([]);
  const dismiss = useCallback((id: number) => {
    setToasts((shown) => shown.filter((toast) => toast.id !== id));
  }, []);
  const show = useCallback(
    (toast: Toast) => {
      const id = ++lastId;
      setToasts((shown) => [...shown.slice(1 - AT_ONCE), { ...toast, id }]);
      setTimeout(dismiss, SHOWN_MS, id);
    },
    [dismiss],
  );
  const list = useMemo(
    () => toasts.map((toast) => <ToastCard key={toast.id} toast={toast} onDismiss={dismiss} />),
    [toasts, dismiss],
  );
  return (
    <ToastContext value={show}>
      {children}
      <section className={classes.stack} role="status" aria-label="Notices">
        {list}
      </section>
    </ToastContext>
  );
}

function ToastCard({
  toast,
  onDismiss,
}: {
  readonly toast: ShownToast;
  onDismiss(id: number): void;
}) {
  const { action } = toast;
  return (
    <div className={classes.toast} data-kind={toast.kind ?? 'plain'}>
      <span>{toast.text}</span>
      {action !== undefined && (
        <Button
          size="compact-sm"
          variant="subtle"
          className={classes.action ?? ''}
          onClick={() => {
            onDismiss(toast.id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <CloseButton
        size="sm"
        variant="transparent"
        className={classes.close ?? ''}
        aria-label="Dismiss"
        onClick={() => onDismiss(toast.id)}
      />
    </div>
  );
}

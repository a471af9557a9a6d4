import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useToast } from '../design/toasts.tsx';
import { createFileActions, type FileActions } from './file-actions.ts';

export function useFileActions(): FileActions {
  const client = useQueryClient();
  const toast = useToast();
  return useMemo(() => createFileActions({ client, toast }), [client, toast]);
}

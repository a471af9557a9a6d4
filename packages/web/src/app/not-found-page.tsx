import { Link } from '@tanstack/react-router';
import { AuthLayout } from '../session/auth-layout.tsx';

export function NotFoundPage() {
  return (
    <AuthLayout title="Nothing here">
      <p>
        There is no page at this address. <Link to="/">Go to your files</Link>.
      </p>
    </AuthLayout>
  );
}

// Colours: what the user chose here, else what the system asks for.
window.dashboard = {
  prefersDark: () => {
    const chosen = localStorage.getItem('dashboard.dark');
    return chosen === null ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'true';
  },
  rememberDark: dark => localStorage.setItem('dashboard.dark', String(dark)),
};

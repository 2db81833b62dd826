"use strict";
// Before anything is drawn, so that nothing flashes.
(() => {
  let theme = null;
  try { theme = localStorage.getItem("theme"); } catch { /* then the system's */ }
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
})();

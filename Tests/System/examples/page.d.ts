// What the examples leave to the page that they are in.
declare function updateDashboard(shown: unknown): void;
declare function showAlertNotifications(alerts: unknown[]): void;
declare function displayPredictions(issues: unknown[]): void;
declare function updateDeploymentProgress(shown: unknown): void;
declare function showDeploymentSummary(shown: unknown): void;

/// What the gateway serves to browsers: one constant each, in the files beside this one, which Scripts/build-console makes
/// from Sources/Console.
enum Assets {}

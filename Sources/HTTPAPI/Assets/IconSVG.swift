// Made by Scripts/build-console from Sources/Console.
extension Assets {
    static let iconSVG = #"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#1490a8" stroke-width="2" stroke-linecap="round" d="M1.5 4h8a2 2 0 1 0-2-2M1.5 8h12.5M1.5 12h7a2 2 0 1 1-2 2"/></svg>

        """#
}

/// The files of the page at `/`, one constant each, in the files beside this one.
enum Assets {
    static let iconSVG = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#2a7de1" stroke-width="2" \
        d="M1 4h9a2.5 2.5 0 1 0-2.5-2.5M1 8h13M1 12h7a2 2 0 1 1-2 2"/></svg>
        """
}

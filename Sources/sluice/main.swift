import Gateway

Sluice.main()
